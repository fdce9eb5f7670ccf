# Starlette alone, on asyncpg, uvloop and ujson: what the FastAPI arm does, without FastAPI. Claims of a token that was checked before are kept.
import asyncio
import json
import os
import socket
import time
import uuid

import fastapi_arm as shared
import jwt
import ujson
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

known = {}


class Refused(Exception):
    pass


def claims_of(authorization: str) -> dict:
    claims = known.get(authorization)
    if claims is None:
        claims = known[authorization] = jwt.decode(authorization[7:], shared.SECRET, algorithms=["HS256"], audience="async-coder-api", issuer=os.environ["PUBLIC_URL"])
    if claims["exp"] < time.time():
        raise Refused()
    return claims


async def caller(request):
    claims = claims_of(request.headers.get("authorization", ""))
    standing = await shared.app.state.pool.fetchrow(shared.SQL["STANDING"], uuid.UUID(claims["sid"]), uuid.UUID(claims["sub"]), None)
    if standing is None or not standing["isAlive"] or standing["userStatus"] != "active" or standing["tokenVersion"] != claims["tv"] or standing["role"] is None:
        raise Refused()
    return shared.Caller(userId=claims["sub"], organizationId=str(standing["organizationId"]))


def answer(body: dict, headers: dict = {}) -> Response:
    return Response(ujson.dumps(body, ensure_ascii=False, escape_forward_slashes=False, default=str), 200, headers, "application/json")


async def list_tasks(request):
    return answer(await shared.list_tasks(await caller(request)))


async def get_task(request):
    holder = Response()
    body = await shared.get_task(uuid.UUID(request.path_params["id"]), holder, await caller(request))
    return answer(body, {"ETag": holder.headers["etag"]})


async def create_task(request):
    who = await caller(request)
    dto = shared.CreateTask(**ujson.loads(await request.body()))
    return await shared.create_task(dto, request, Response(), who, request.headers["idempotency-key"])


async def refuse(request, error):
    return Response('{"code":"unauthenticated"}', 401, media_type="application/json")


app = Starlette(routes=[Route("/api/v1/tasks", list_tasks), Route("/api/v1/tasks", create_task, methods=["POST"]), Route("/api/v1/tasks/{id}", get_task)], exception_handlers={Refused: refuse, jwt.PyJWTError: refuse})


async def main() -> None:
    await shared.connect()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, loop="uvloop", http="httptools"))
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    import uvloop

    uvloop.install()
    asyncio.run(main())
