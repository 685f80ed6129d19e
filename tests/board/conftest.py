"""A served board, and questions to it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from tests.board.boards import Board

Client = TestClient[Request, Application]


class Browser:
    """Ask a board over HTTP."""

    def __init__(self, board: Board, client: Client) -> None:
        self.board = board
        self.client = client

    async def get(self, path: str, status: int = 200, **headers: str):
        """Return the JSON of *path*, which must answer with *status*."""
        async with self.client.get(path, headers=headers) as response:
            assert response.status == status, await response.text()
            assert response.content_type == "application/json"
            return await response.json()

    async def metrics(self, **headers: str) -> str:
        async with self.client.get("/metrics", headers=headers) as response:
            assert response.status == 200
            return await response.text()


@pytest.fixture
async def serve() -> AsyncIterator[object]:
    """Return a function that serves a board for the length of the test."""
    open_: list[Client] = []
    boards: list[Board] = []

    async def start(board: Board) -> Browser:
        client = TestClient(TestServer(board.app))
        await client.start_server()
        open_.append(client)
        boards.append(board)
        return Browser(board, client)

    yield start
    for client in open_:
        await client.close()
    for board in boards:
        board.latest.close()


@pytest.fixture
async def ready(serve):
    """A board that is caught up, with nothing in it yet."""
    board = Board()
    board.catch_up()
    return await serve(board)
