from procwire.model.flow cimport Flow

cpdef object shape(Flow flow, object opening)
