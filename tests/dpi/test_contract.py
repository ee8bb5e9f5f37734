"""What every registered protocol offers, held against the contract's own words."""

from __future__ import annotations

import inspect
import pkgutil

import pytest

from procwire.dpi import contract
from procwire.dpi import protocols as folder
from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.registry import TRANSPORTS, modules, registry
from procwire.model.observation import Observation

PROTOCOLS = list(modules())


def test_every_file_of_the_folder_is_registered() -> None:
    files = {module.name for module in pkgutil.iter_modules(folder.__path__)}
    assert files == {module.__name__.rpartition(".")[2] for module in PROTOCOLS}
    assert {info.name for info in registry().protocols()} == {module.NAME for module in PROTOCOLS}


@pytest.mark.parametrize("module", PROTOCOLS, ids=lambda module: module.NAME)
def test_a_protocol_module_has_the_promised_shape(module: contract.ProtocolModule) -> None:
    wanted = inspect.get_annotations(contract.ProtocolModule)
    assert all(hasattr(module, name) for name in (*wanted, "claims"))
    assert module.NAME.lower() == module.NAME
    assert TRANSPORTS.keys() >= module.TRANSPORTS
    assert {transport for transport, _ in module.PORTS} <= module.TRANSPORTS
    assert all(0 < port < 65536 for _, port in module.PORTS)
    assert all(issubclass(kind, Observation) and kind.TABLE for kind in module.OBSERVATIONS)
    assert inspect.getdoc(module)


@pytest.mark.parametrize("module", PROTOCOLS, ids=lambda module: module.NAME)
def test_a_parser_can_be_made_and_asked_before_it_is_fed(module: contract.ProtocolModule) -> None:
    for transport in module.TRANSPORTS:
        parser = module.Parser(Context(transport=transport))
        for side in Direction:
            assert 0 <= parser.skip(side) <= contract.ENOUGH
        for name in ("feed", "gap", "skip"):
            assert callable(getattr(parser, name))


@pytest.mark.parametrize("module", PROTOCOLS, ids=lambda module: module.NAME)
def test_nothing_claims_the_first_byte_of_everything(module: contract.ProtocolModule) -> None:
    transport = next(iter(module.TRANSPORTS))
    for byte in range(256):
        claim = module.claims(bytes([byte]), Direction.OUT, Context(transport=transport))
        assert claim in {Claim.NO, Claim.MORE}
        if module.FIRST is not None and byte not in module.FIRST:
            assert claim is Claim.NO, f"0x{byte:02x} is not in FIRST"


def test_a_protocol_error_is_an_error_of_its_own() -> None:
    assert ProtocolError.__mro__[1] is Exception
    assert Context(transport="tcp") == Context(transport="tcp", src_port=0, dst_port=0)
