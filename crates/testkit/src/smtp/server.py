"""A mail server for tests: takes every message and keeps it in a directory.

Says its port on the standard output, and ends when its standard input does. Each message is a
directory of files, numbered as they came: what the envelope said, and the mail as Python reads it.
"""

import argparse
import asyncio
import email
import email.policy
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    """Keeps messages, each as a whole or not at all."""

    def __init__(self, directory):
        self.directory = directory
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.count += 1
        draft = os.path.join(self.directory, f".{self.count:06}")
        os.mkdir(draft)
        for name, value in {
            "from": envelope.mail_from,
            "to": "\n".join(envelope.rcpt_tos),
            "encrypted": "yes" if session.ssl else "no",
            "signed_in": "yes" if session.authenticated else "no",
            "subject": mail["Subject"] or "",
            "text": content(mail, "plain"),
            "html": content(mail, "html"),
            "message": envelope.content,
        }.items():
            with open(os.path.join(draft, name), "wb") as file:
                file.write(value if isinstance(value, bytes) else value.encode())
        os.rename(draft, os.path.join(self.directory, f"{self.count:06}"))
        return "250 2.0.0 kept"


def content(mail, kind):
    part = mail.get_body(preferencelist=(kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""


def authenticator(user, password):
    def check(server, session, envelope, mechanism, data):
        right = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return check


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    return parser.parse_args()


def protocol(options):
    settings = {"hostname": "localhost", "enable_SMTPUTF8": True}
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        settings |= {"tls_context": context, "require_starttls": True}
    if options.user:
        settings |= {
            "authenticator": authenticator(options.user, options.password),
            "auth_required": True,
            "auth_require_tls": bool(options.certificate),
        }
    keeper = Keeper(options.directory)
    return lambda: SMTP(keeper, loop=asyncio.get_running_loop(), **settings)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol(options()), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
