"""Hash functions for short texts: Python's own, as ``hashlib`` takes OpenSSL's and loads it for that.

That is 1.5 MB in each process. For what is large (files) OpenSSL is worth it: it knows the processor's own
instructions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b, md5, sha1, sha256
else:
    try:
        from _blake2 import blake2b
        from _md5 import md5
        from _sha1 import sha1

        try:
            from _sha2 import sha256
        except ImportError:  # before Python 3.12
            from _sha256 import sha256
    except ImportError:  # an interpreter that is built without them
        from hashlib import blake2b, md5, sha1, sha256

__all__ = ["blake2b", "md5", "sha1", "sha256"]
