"""The command `hubbub`: run a server, make hubs, rooms and tokens, talk and look.

Knows which commands there are and under which names. Refuses to know what any of them does.
"""

import typer

from hubbub.cli import acting, benchmark, doctor, following, hooks, places, specs, starting, tickets, webhooks

WHAT = """Hubbub, a real-time discussion server: hubs, rooms, and moderators who say what holds.

Every command has its own --help with an example."""

FIRST_STEPS = "First steps: hubbub serve --demo, and in another terminal: hubbub tail place/agora"

app = typer.Typer(
    help=WHAT,
    epilog=FIRST_STEPS,
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    # A traceback with local variables would show secrets and tokens.
    pretty_exceptions_enable=False,
)
spec_app = typer.Typer(help="Print the protocol for programs.", no_args_is_help=True)
hub_app = typer.Typer(help="Make and list hubs.", no_args_is_help=True)
hook_app = typer.Typer(help="Let other programs write into a room.", no_args_is_help=True)
webhook_app = typer.Typer(help="Send a room's entries to other programs.", no_args_is_help=True)
room_app = typer.Typer(help="Make, list and moderate rooms.", no_args_is_help=True)


def _example(line: str) -> str:
    return f"Example: {line}"


app.command("serve", epilog=_example("hubbub serve --port 8123 --demo"))(starting.serve)
app.command("doctor", epilog=_example("hubbub doctor --redis-url redis://127.0.0.1:6379"))(doctor.doctor)
app.command("bench", epilog=_example("hubbub bench fanout --people 2000 --in-flight 1"))(benchmark.bench)
app.command(
    "token", epilog=_example("hubbub token --sub u:42 --name Amina --role place=moderator --hours 8")
)(tickets.token)
app.command("say", epilog=_example("hubbub say place/agora 'Good morning' --as 'Town hall'"))(acting.say)
app.command("tail", epilog=_example("hubbub tail place/agora"))(following.tail)

app.add_typer(spec_app, name="spec")
spec_app.command("asyncapi", epilog=_example("hubbub spec asyncapi > asyncapi.json"))(specs.asyncapi)
spec_app.command("openapi", epilog=_example("hubbub spec openapi > openapi.json"))(specs.openapi)

app.add_typer(hub_app, name="hub")
hub_app.command("create", epilog=_example("hubbub hub create town --owner u:42"))(places.create_hub)
hub_app.command("list", epilog=_example("hubbub hub list"))(places.list_hubs)

app.add_typer(room_app, name="room")
room_app.command("create", epilog=_example("hubbub room create town/news --title News --mode announcement"))(
    places.create_room
)
room_app.command("list", epilog=_example("hubbub room list town"))(places.list_rooms)
room_app.command(
    "mode", epilog=_example("hubbub room mode place/agora announcement --reason 'Talk starts' --until +30m")
)(acting.switch_mode)
room_app.command("settings", epilog=_example("hubbub room settings place/agora --slow-ms 5000"))(
    acting.change_settings
)

app.add_typer(hook_app, name="hook")
hook_app.command("create", epilog=_example("hubbub hook create town/builds --name CI"))(hooks.create_hook)
hook_app.command("list", epilog=_example("hubbub hook list"))(hooks.list_hooks)
hook_app.command("remove", epilog=_example("hubbub hook remove 5f2b9c01aa"))(hooks.remove_hook)

app.add_typer(webhook_app, name="webhook")
webhook_app.command("create", epilog=_example("hubbub webhook create town/news https://site.example/in"))(
    webhooks.create_webhook
)
webhook_app.command("list", epilog=_example("hubbub webhook list"))(webhooks.list_webhooks)
webhook_app.command("remove", epilog=_example("hubbub webhook remove 5f2b9c01aa"))(webhooks.remove_webhook)
webhook_app.command("enable", epilog=_example("hubbub webhook enable 5f2b9c01aa"))(webhooks.enable_webhook)
