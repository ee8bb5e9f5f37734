# Copies that go past the processor's caches: for what is kept and, most likely, never looked at again.

cdef extern from * nogil:
    """
    #include <stddef.h>
    #include <stdint.h>
    #include <string.h>
    #if defined(__SSE2__)
    #include <emmintrin.h>
    #define PROCWIRE_LINE 64

    static void procwire_stream(unsigned char *to, const unsigned char *from, size_t size)
    {
        size_t head = (size_t)(-(uintptr_t)to) & (PROCWIRE_LINE - 1);

        if (size < head + 12 * PROCWIRE_LINE) {
            memcpy(to, from, size);
            return;
        }
        memcpy(to, from, head);
        to += head;
        from += head;
        size -= head;
        for (; size >= PROCWIRE_LINE; size -= PROCWIRE_LINE) {
            __m128i a = _mm_loadu_si128((const __m128i *)from);
            __m128i b = _mm_loadu_si128((const __m128i *)(from + 16));
            __m128i c = _mm_loadu_si128((const __m128i *)(from + 32));
            __m128i d = _mm_loadu_si128((const __m128i *)(from + 48));
            _mm_stream_si128((__m128i *)to, a);
            _mm_stream_si128((__m128i *)(to + 16), b);
            _mm_stream_si128((__m128i *)(to + 32), c);
            _mm_stream_si128((__m128i *)(to + 48), d);
            to += PROCWIRE_LINE;
            from += PROCWIRE_LINE;
        }
        memcpy(to, from, size);
    }

    static void procwire_streamed(void)
    {
        _mm_sfence();
    }
    #else
    static void procwire_stream(unsigned char *to, const unsigned char *from, size_t size)
    {
        memcpy(to, from, size);
    }

    static void procwire_streamed(void)
    {
    }
    #endif
    """
    void procwire_stream(unsigned char *to, const unsigned char *start, size_t size)
    void procwire_streamed()
