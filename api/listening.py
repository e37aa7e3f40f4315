"""The TCP port, taken before anything else is touched, so that a taken one costs nothing."""

import errno
import socket


class PortUnusable(Exception):
    """The address to listen on cannot be had; the message names the variables and the fix."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on ``host`` and ``port``, held from now on. Raises ``PortUnusable``.

    Listening at once, not only bound: two sockets that both reuse addresses may both bind one port, and the
    second would learn of the first only after starting its database.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise PortUnusable(
            f"LUODI_HOST={host!r} is not an address of this machine ({error}): try 127.0.0.1 or 0.0.0.0."
        ) from error
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortUnusable(
                f"Port {port} on {host} is taken by another program: "
                f"set LUODI_PORT to a free one, for example LUODI_PORT={port + 1}, or stop that program."
            ) from error
        raise PortUnusable(
            f"Cannot listen on {host} port {port} ({error.strerror}): set LUODI_HOST and LUODI_PORT to others."
        ) from error
    listener.setblocking(False)
    return listener
