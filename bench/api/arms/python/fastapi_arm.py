# FastAPI on asyncpg and uvloop, with the statements of the floor. PyJWT gets the secret as bytes; the session is asked for at each request, as everywhere.
import asyncio
import hashlib
import json
import os
import secrets
import socket
import time
import uuid
from typing import Dict, List, Optional

import asyncpg
import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, Extra, Field

SQL = json.loads(os.environ["BENCH_SQL"])
SECRET = os.environ["JWT_SECRET"].encode()
LIMIT = 20
DEFAULT_OPTIONS = json.loads(os.environ["BENCH_OPTIONS"])

if os.environ.get("BENCH_JSON") == "orjson":
    from fastapi.responses import ORJSONResponse

    app = FastAPI(default_response_class=ORJSONResponse)
else:
    app = FastAPI()


async def connect() -> None:
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], max_size=int(os.environ["DATABASE_POOL_SIZE"]), server_settings={"timezone": "UTC", "join_collapse_limit": "4"}, init=teach_json)


async def teach_json(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


class Caller(BaseModel):
    userId: str
    organizationId: str


async def caller(authorization: Optional[str] = Header(None)) -> Caller:
    try:
        claims = jwt.decode((authorization or "")[7:], SECRET, algorithms=["HS256"], audience="async-coder-api", issuer=os.environ["PUBLIC_URL"])
    except jwt.PyJWTError:
        raise HTTPException(401, "unauthenticated")
    standing = await app.state.pool.fetchrow(SQL["STANDING"], uuid.UUID(claims["sid"]), uuid.UUID(claims["sub"]), None)
    if standing is None or not standing["isAlive"] or standing["userStatus"] != "active" or standing["tokenVersion"] != claims["tv"] or standing["role"] is None:
        raise HTTPException(401, "unauthenticated")
    return Caller(userId=claims["sub"], organizationId=str(standing["organizationId"]))


def credits(micros: Optional[int]) -> Optional[float]:
    return None if micros is None else micros / 1_000_000


def usd(nano: int) -> str:
    digits = str(nano).rjust(10, "0")
    fraction = digits[-9:].rstrip("0")
    return digits[:-9] + ("." + fraction if fraction else "")


def iso(at) -> Optional[str]:
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def summary_of(r) -> dict:
    own = f"/api/v1/tasks/{r['id']}"
    return {
        "id": r["id"], "mode": r["mode"], "title": r["title"], "description": r["description"], "status": r["status"], "statusReason": r["status_reason"], "progress": r["progress"], "priority": r["priority"],
        "repository": {"id": r["repository_id"], "fullName": r["repository_full_name"]},
        "model": None if r["ai_model_id"] is None else {"id": r["ai_model_id"], "name": r["model_name"]},
        "requestedModel": r["requested_model"], "branch": r["branch"], "baseSha": r["base_sha"], "targetBranch": r["target_branch"], "workBranch": r["work_branch"], "sourcePullRequestNumber": r["source_pull_request_number"],
        "pullRequest": None if r["pull_request_id"] is None else {"id": r["pull_request_id"], "number": r["pull_request_number"], "url": r["pull_request_url"], "status": r["pull_request_status"]},
        "verification": None if r["verification"] is None else {"status": r["verification"], "checks": r["checks"] or []},
        "planStatus": r["plan_status"],
        "attempt": None if r["attempt_number"] is None else {"number": r["attempt_number"], "status": r["attempt_status"], "stage": r["attempt_stage"], "startedAt": iso(r["attempt_started_at"])},
        "attemptCount": r["attempt_count"], "maxAttempts": r["max_attempts"],
        "queue": None if r["queue_position"] is None else {"position": r["queue_position"], "estimatedStartAt": iso(r["queue_available_at"])},
        "source": r["source"], "sourceIssueNumber": r["source_issue_number"], "parentTaskId": r["parent_task_id"], "forkedFromTaskId": r["forked_from_task_id"], "candidates": r["candidates"], "chosenTaskId": r["chosen_task_id"],
        "scheduledAt": iso(r["scheduled_at"]), "deadlineAt": iso(r["deadline_at"]), "estimatedCredits": credits(r["estimated_credits_micro"]), "maxCredits": credits(r["max_credits_micro"]),
        "credits": {"used": credits(r["credits_used_micro"]), "held": credits(r["credits_held_micro"]), "usedMicros": r["credits_used_micro"], "heldMicros": r["credits_held_micro"]},
        "usage": {
            "modelCalls": r["model_calls"], "inputTokens": r["input_tokens"], "cacheReadTokens": r["cache_read_tokens"], "cacheWriteTokens": r["cache_write_tokens"], "outputTokens": r["output_tokens"],
            "reasoningTokens": r["reasoning_tokens"], "costUsd": usd(r["cost_nusd"]),
        },
        "error": None if r["error_code"] is None else {"code": r["error_code"], "message": r["error_message"] or ""},
        "tags": r["tags"], "callbackUrl": r["callback_url"], "createdBy": {"id": r["user_id"], "username": r["created_by_username"]},
        "cancelRequestedAt": iso(r["cancel_requested_at"]), "pauseRequestedAt": iso(r["pause_requested_at"]), "archivedAt": iso(r["archived_at"]), "createdAt": iso(r["created_at"]), "updatedAt": iso(r["updated_at"]),
        "queuedAt": iso(r["queued_at"]), "startedAt": iso(r["started_at"]), "completedAt": iso(r["completed_at"]),
        "links": {"self": own, "events": own + "/events", "logs": own + "/logs", "results": own + "/results"},
    }


def task_of(r) -> dict:
    return {**summary_of(r), "prompt": r["prompt"], "options": {**DEFAULT_OPTIONS, **r["options"]}, "metadata": r["metadata"]}


@app.get("/api/v1/tasks")
async def list_tasks(who: Caller = Depends(caller)):
    rows = await app.state.pool.fetch(SQL["LIST_OBJECTS"], uuid.UUID(who.organizationId), LIMIT + 1)
    shown = rows[:LIMIT]
    return {"data": [summary_of(row) for row in shown], "nextCursor": json.dumps(["c1", shown[-1]["page_sort"], str(shown[-1]["id"])]) if len(rows) > LIMIT else None}


@app.get("/api/v1/tasks/{id}")
async def get_task(id: uuid.UUID, response: Response, who: Caller = Depends(caller)):
    row = await app.state.pool.fetchrow(SQL["READ_OBJECT"], uuid.UUID(who.organizationId), id)
    if row is None:
        raise HTTPException(404, "not_found")
    response.headers["ETag"] = f'"{row["row_version"]}-{row["last_event_seq"]}"'
    return task_of(row)


class CreateTask(BaseModel, extra=Extra.forbid):
    repositoryId: uuid.UUID
    prompt: str = Field(min_length=1, max_length=100_000)
    tags: List[str] = []
    metadata: Dict[str, str] = {}
    maxCredits: float = 100


def uuid7() -> uuid.UUID:
    raw = bytearray(int(time.time() * 1000).to_bytes(6, "big") + secrets.token_bytes(10))
    raw[6] = (raw[6] & 0x0F) | 0x70
    raw[8] = (raw[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(raw))


@app.post("/api/v1/tasks", status_code=201)
async def create_task(dto: CreateTask, request: Request, response: Response, who: Caller = Depends(caller), idempotency_key: str = Header()):
    pool, organization, scope = app.state.pool, uuid.UUID(who.organizationId), f"u:{who.userId}"
    taken = await pool.fetchrow(SQL["TAKE_KEY"], scope, idempotency_key, "POST", "/api/v1/tasks", hashlib.sha256(await request.body()).digest(), 60, 24)
    repository = await pool.fetchrow(SQL["REPOSITORY"], organization, dto.repositoryId)
    models = await pool.fetch(SQL["MODELS"], organization)
    model = next(each for each in models if each["is_default"])
    async with pool.acquire() as connection, connection.transaction():
        limit = await connection.fetchrow(SQL["DAILY_LIMIT"], organization)
        today = await connection.fetchrow(SQL["TODAY"], organization)
        await connection.fetchrow(SQL["PROVIDER"], model["id"])
        account = await connection.fetchrow(SQL["ACCOUNT"], organization)
        if repository is None or today["today"] >= limit["max_tasks_per_day"] or account["available_micro"] == 0:
            raise HTTPException(409, "refused")
        id = uuid7()
        task = {
            "organizationId": organization, "userId": uuid.UUID(who.userId), "repositoryId": repository["id"], "aiModelId": model["id"], "requestedModel": "auto", "mode": "code", "title": dto.prompt[:80], "prompt": dto.prompt,
            "priority": "medium", "branch": repository["default_branch"], "targetBranch": repository["default_branch"], "source": "api", "options": {"timeoutSeconds": 1800}, "metadata": dto.metadata, "tags": dto.tags,
            "status": "queued", "maxCreditsMicro": int(dto.maxCredits * 1_000_000),
        }
        first = {"from": None, "to": "queued", "reason": None}
        row = await connection.fetchrow(SQL["INSERT_TASK"], id, uuid7(), first, f"async-coder/{id}", 3, *[task.get(column) for column in SQL["CREATE_COLUMNS"]])
        audited = {"repositoryId": str(repository["id"]), "mode": "code", "status": "queued"}
        await connection.execute(SQL["AUDIT"].replace("$8", "$8::text::inet"), organization, "user", who.userId, "task.created", "task", str(id), audited, "127.0.0.1", "bench/1", f"req_{id}")
        body = text_of(row)
        await connection.execute(SQL["KEEP_ANSWER"].replace("$3::timestamptz", "$3::text::timestamptz"), scope, idempotency_key, taken["token"], 201, {}, body.encode())
    return Response(body, 201, {"Location": f"/api/v1/tasks/{id}", "ETag": f'"{row[-4]}-{row[-3]}"'}, "application/json")


TIMES = ["createdAt", "updatedAt", "queuedAt", "startedAt", "completedAt", "deadlineAt", "scheduledAt", "cancelRequestedAt", "pauseRequestedAt", "archivedAt"]


def text_of(row) -> str:
    own = f"/api/v1/tasks/{row[0]}"
    times = "".join(f',"{name}":{json.dumps(iso(row[2 + n]))}' for n, name in enumerate(TIMES))
    links = json.dumps({"self": own, "events": own + "/events", "logs": own + "/logs", "results": own + "/results"})
    return f'{{"id":"{row[0]}",{row[1]}{times},"links":{links},"options":{json.dumps({**DEFAULT_OPTIONS, **row[14]})}}}'


async def main() -> None:
    await connect()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, loop="uvloop", http="httptools"))
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    import uvloop

    uvloop.install()
    asyncio.run(main())
