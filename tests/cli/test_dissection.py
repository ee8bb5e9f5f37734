"""The layers of a frame and their bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.cli.dissection import READERS, layers_of

ETH = bytes.fromhex("020000000002 020000000001 0800")
IP = bytes.fromhex("4500003c 12340000 40060000 0a000001 0a000002")
TCP = bytes.fromhex("9c400050 00000001 00000002 5018ffff 00000000")


def test_each_layer_has_its_bytes_and_fields() -> None:
    layers = layers_of(ETH + IP + TCP + b"GET /", "eth.ip.tcp", 54)
    assert [(name, start, end) for name, start, end, _ in layers] == [
        ("eth", 0, 14), ("ip", 14, 34), ("tcp", 34, 54), ("payload", 54, 59),
    ]  # fmt: skip
    fields = dict(layers[1][3])
    assert (fields["src"], fields["dst"], fields["ttl"]) == ("10.0.0.1", "10.0.0.2", "64")
    assert dict(layers[2][3])["flags"] == "psh,ack"


def test_a_layer_that_is_not_known_reaches_to_the_payload() -> None:
    assert layers_of(bytes(30), "gre", 20)[0][:3] == ("gre", 0, 20)


@given(
    st.binary(max_size=80),
    st.lists(st.sampled_from([*READERS, "vlan:3", "gre"]), max_size=6),
    st.integers(0, 90),
)
def test_any_bytes_give_ranges_within_them(data: bytes, chain: list[str], payload: int) -> None:
    for _, start, end, _ in layers_of(data, ".".join(chain), min(payload, len(data))):
        assert 0 <= start <= end <= len(data)
