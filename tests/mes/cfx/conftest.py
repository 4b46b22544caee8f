"""One RabbitMQ for all tests of a process that want it."""

from collections.abc import Iterator

import pytest

from tests.mes.cfx.rabbitmq import RabbitMq
from tests.mes.cfx.tls_files import TlsAuthority

QUEUES = ("mes", "checks", "answers", "small")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TlsAuthority:
    return TlsAuthority(tmp_path_factory.mktemp("tls") / "factory")


@pytest.fixture(scope="session")
def running_broker(authority: TlsAuthority) -> Iterator[RabbitMq]:
    server = RabbitMq((authority.ca, *authority.issue("broker")))
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def broker(running_broker: RabbitMq) -> RabbitMq:
    """It runs, and its queues are empty."""
    for queue in QUEUES:
        running_broker.messages_of(queue, idle_s=0.1)
    return running_broker
