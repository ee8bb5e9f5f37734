"""Whether a login over SSH succeeded, guessed from the sizes of what is encrypted, and said to be a guess.

RFC 4252: each refusal is a message that lists the methods left; success is one byte. So a server's burst is a
refusal where it is as small as such a list, and the first one that is the smallest packet there can be, or
that goes on with data of the session behind it, is the success. It cannot tell a key from a password for
certain: only a signature makes the client's burst long.
"""

from __future__ import annotations

MAX_REFUSAL = 140  # bytes beyond the smallest packet: a list of methods, or a question for a password
MIN_SESSION = 220  # what a server sends behind success: host keys, a window, the session's first bytes
MIN_SIGNED = 256  # bytes beyond the smallest packet: user name, key and signature
MAX_BURSTS = 64  # looked at before the guess is given up
_MACS = {"hmac-sha2-256": 32, "hmac-sha2-512": 64, "hmac-sha1": 20, "umac-64": 8, "umac-128": 16}
_MACS |= {"hmac-md5": 16, "hmac-sha1-96": 12, "hmac-md5-96": 12}


def smallest(cipher: str, mac: str) -> int:
    """Bytes on the wire of a message of one byte (RFC 4253 section 6, RFC 5647, RFC 4344)."""
    if cipher.startswith("chacha20-poly1305"):
        return 4 + 8 + 16
    if "gcm" in cipher:
        return 4 + 16 + 16
    block = 8 if cipher.startswith(("3des", "blowfish", "cast")) else 16
    size = _MACS.get(mac.removesuffix("@openssh.com").removesuffix("-etm"), 20)
    return (4 if "-etm" in mac else 0) + block + size


class LoginGuess:
    """Fed with the sizes of what each side sends; ``result`` is accepted, refused or empty."""

    __slots__ = ("_burst", "_bursts", "_least", "_signed", "_turn", "attempts", "result")

    def __init__(self, least: int) -> None:
        self._least = least
        self._burst = 0
        self._turn = -1
        self._bursts = 0
        self._signed = False
        self.attempts = 0
        self.result = ""

    @property
    def method(self) -> str:
        """publickey where the client's last burst was long enough for a signature, else unknown."""
        return "publickey" if self._signed else "unknown"

    @property
    def done(self) -> bool:
        """Whether no more can be learned."""
        return self.result == "accepted" or self._bursts > MAX_BURSTS

    def see(self, client: bool, size: int) -> bool:
        """More bytes of one side; True when the login is taken to have succeeded."""
        turn = int(client)
        if turn != self._turn:
            self._close()
            self._turn, self._burst = turn, 0
            self._bursts += 1
        self._burst += size
        return self.result == "accepted"

    def end(self) -> None:
        """No more will come: the last burst is over."""
        self._close()
        self._turn = -1

    def _close(self) -> None:
        """Judge a burst that is over: the other side speaks."""
        beyond = self._burst - self._least
        if self._turn == 1:
            self._signed = beyond >= MIN_SIGNED
        elif self._turn == 0 and self._bursts > 3:  # behind service request and accept
            if beyond == 0 or self._burst >= MIN_SESSION + self._least:
                self.result = "accepted"
                self.attempts += 1
            elif beyond <= MAX_REFUSAL:
                self.result = "refused"
                self.attempts += 1
