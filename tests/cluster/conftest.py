"""Two real server processes on a real Redis and PostgreSQL, which can be killed and stopped.

The servers are shared by all tests that do not take one down for good: each test has a room of its
own.
"""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.people import Person
from tests.services import PostgreSQL


@pytest.fixture(autouse=True)
def clean_slate():
    """Not needed here: the servers have settings and data of their own."""


@pytest.fixture(scope="session", autouse=True)
def released_database():
    """Nor this: no database is used in this process."""


@pytest.fixture(scope="session")
def postgresql():
    with PostgreSQL() as postgresql:
        yield postgresql


@pytest.fixture(scope="session")
def cluster_of(postgresql):
    """cluster_of("daphne" or "uvicorn", ...) -> a Cluster; asked for again, it is the same one."""
    clusters = {}

    def cluster_of(server: str, **environment: str) -> Cluster:
        key = server, *environment.items()
        if key not in clusters:
            clusters[key] = Cluster(server, postgresql, **environment).start()
        return clusters[key]

    yield cluster_of
    for cluster in clusters.values():
        cluster.stop()


@pytest.fixture
def cluster(cluster_of, request):
    """A Cluster on daphne, where the test does not ask for another server by `indirect`."""
    cluster = cluster_of(getattr(request, "param", "daphne"))
    cluster.begin_log()
    yield cluster
    print(cluster.logged())  # shown with tests that failed


@pytest.fixture
def hasty(cluster_of):
    """One that looks sooner who is still here; see hasty.py."""
    cluster = cluster_of("daphne", DJANGO_SETTINGS_MODULE="tests.cluster.hasty")
    cluster.begin_log()
    yield cluster
    print(cluster.logged())


@pytest.fixture
async def person_of():
    """person_of(cluster, "alice") -> a Person who is signed in; their sockets end with the test."""
    people = []

    async def person_of(cluster: Cluster, name: str, *, anew: bool = False) -> Person:
        person = Person(cluster, name)
        people.append(person)
        await person.sign_in(anew=anew)
        return person

    yield person_of
    for person in people:
        await person.close()


@pytest.fixture
def room_of(request):
    """room_of(person) -> the slug of a public room of this test's own, which they have made."""

    async def room_of(person: Person, **fields) -> str:
        return await person.create_room(request.node.name[:60], **fields)

    return room_of
