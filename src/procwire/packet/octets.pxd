# Inline twins of octets.py. The caller has proven that the bytes are there.
from procwire.packet.cursor cimport Cursor

cdef inline unsigned int be16(Cursor c, long long at) noexcept nogil:
    return (<unsigned int>c.data[at] << 8) | c.data[at + 1]

cdef inline unsigned int le16(Cursor c, long long at) noexcept nogil:
    return (<unsigned int>c.data[at + 1] << 8) | c.data[at]

cdef inline unsigned int be32(Cursor c, long long at) noexcept nogil:
    return (<unsigned int>c.data[at] << 24) | (<unsigned int>c.data[at + 1] << 16) | (<unsigned int>c.data[at + 2] << 8) | c.data[at + 3]

cdef inline unsigned int le32(Cursor c, long long at) noexcept nogil:
    return (<unsigned int>c.data[at + 3] << 24) | (<unsigned int>c.data[at + 2] << 16) | (<unsigned int>c.data[at + 1] << 8) | c.data[at]

cdef inline unsigned long long be64(Cursor c, long long at) noexcept nogil:
    return (<unsigned long long>be32(c, at) << 32) | be32(c, at + 4)
