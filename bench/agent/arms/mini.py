# mini-swe-agent as it is, with its trajectory saved after each step as it does by default. Prints the clock after each step.
import json, sys, tempfile, time
from pathlib import Path
from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.local import LocalEnvironment
from minisweagent.models.litellm_model import LitellmModel

job = json.loads(sys.argv[1])
times = []


class Timed(LocalEnvironment):
    def execute(self, action, cwd="", **kwargs):
        result = super().execute(action, cwd, **kwargs)
        times.append(time.monotonic() * 1000)
        return result


class Plain(LitellmModel):
    # Its answers carry fields of LiteLLM, which a strict server refuses when they come back.
    def _prepare_messages_for_api(self, messages):
        kept = ("role", "content", "tool_calls", "tool_call_id")
        calls = lambda all: [{"id": call["id"], "type": "function", "function": {key: call["function"][key] for key in ("name", "arguments")}} for call in all]
        return [{key: calls(message[key]) if key == "tool_calls" else message[key] for key in kept if message.get(key) or key == "content"} for message in messages]


with tempfile.TemporaryDirectory() as folder:
    model = Plain(model_name="openai/bench-model", cost_tracking="ignore_errors", model_kwargs={"api_base": job["url"] + "/v1", "api_key": "sk-bench-0000000000000000"})
    agent = DefaultAgent(model, Timed(cwd=folder), system_template="You are an agent.", instance_template="{{task}}", output_path=Path(folder) / "trajectory.json", cost_limit=0, step_limit=job["steps"])
    agent.run(job["mark"])
sys.stdout.write(json.dumps({"times": times}))
