"""A kernel started as any Jupyter program starts one, and cells run in it as JupyterLab runs them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

from tests.conftest import KERNEL_NAME


@asynccontextmanager
async def started(
    kernel_name: str = KERNEL_NAME, cwd: str | None = None, **traits: Any
) -> AsyncIterator[tuple[AsyncKernelManager, Any]]:
    """Start a kernel with these traits of its provisioner, in a folder, and shut it down at the end."""
    manager = AsyncKernelManager(
        kernel_name=kernel_name,
        config=Config({"WarmProvisioner": traits, "KernelManager": {"transport_encryption": "auto"}}),
    )
    await manager.start_kernel(**({} if cwd is None else {"cwd": cwd}))
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        await manager.shutdown_kernel(now=True)


async def executed(client: Any, cell_id: str | None, source: str) -> str:
    """Run a cell as JupyterLab does, with its id, and give what is shown of an error."""
    return (await shown_by(client, cell_id, source))[0]


async def shown_by(client: Any, cell_id: str | None, source: str) -> tuple[str, str]:
    """Run a cell as a front end does, most with its id, and give what is shown of an error, and what is printed."""
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = client.session.msg("execute_request", content, metadata={} if cell_id is None else {"cellId": cell_id})
    client.shell_channel.send(message)
    shown, printed = list[str](), ""
    while True:
        answer = await client.get_iopub_msg(timeout=60)
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if answer["msg_type"] == "error":
            shown += answer["content"]["traceback"]
        if answer["msg_type"] == "stream":
            printed += answer["content"]["text"]
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown)), printed
