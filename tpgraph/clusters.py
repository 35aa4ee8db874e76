"""Connections to a Dask cluster of the user's. Needs Dask, an extra: whoever imports this is lazy.

Whoever reaches a scheduler can run code on its workers. Over more than one machine it should speak
TLS: an address `tls://HOST:PORT`, with certificates from Dask's own configuration
(`distributed.comm.tls`: `ca-file`, and `client.cert`, `client.key`).
"""

from __future__ import annotations

from distributed import Client

from tpgraph.errors import TPDataError

__all__ = ["connected"]

ANSWER = 10.0
"""Seconds that a scheduler has to answer."""


def connected(address: str) -> Client:
    """A client of the scheduler at an address, to be used in a `with` block.

    Raises TPDataError where no scheduler answers, and for certificates that do not fit.
    """
    try:
        return Client(address, timeout=ANSWER)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise TPDataError(
            f"there is no Dask scheduler at {address}: {error}",
            expected="an address such as tcp://127.0.0.1:8786, or tls://HOST:PORT with the"
            " certificates of Dask's configuration",
        ) from None
