cpdef object claim(bytes data)
