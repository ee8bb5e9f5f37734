"""The filter language over any declared table: text in, a checked and compiled test of one row out.

Everything that can be wrong with a filter is found before the first row: see ``FilterError``. A filter has
two values only. A comparison with a value that is not known is false, ``!=``, ``!~`` and ``not in`` too;
``not (...)`` turns false into true. The language is described in docs/reference/filter.md.
"""

from procwire.model.filter.compiler import Filter, compile_filter
from procwire.model.filter.fault import FilterError

__all__ = ["Filter", "FilterError", "compile_filter"]
