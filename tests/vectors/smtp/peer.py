"""A mail server for the captures: ``python -m tests.vectors.smtp.peer PORT CERTIFICATE KEY``."""

from __future__ import annotations

import asyncio
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def check(server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
    """Takes alice's password."""
    good = isinstance(data, LoginPassword) and data.password == b"wonderland"
    return AuthResult(success=good, handled=False)


async def serve(port: int, certificate: str, secret: str) -> None:
    """Serve until ended."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, secret)

    def made() -> SMTP:
        return SMTP(Sink(), hostname="mail.example.com", tls_context=context, auth_require_tls=False,
                    authenticator=check)  # fmt: skip

    server = await asyncio.get_running_loop().create_server(made, "0.0.0.0", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
