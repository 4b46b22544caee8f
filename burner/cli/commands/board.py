"""`burner board`: the wall view of a manifest, as text, JSON or a page."""

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from burner.cli.parameters import options
from burner.cli.parameters.server_options import host_option, http_port_option
from burner.cli.terminal.json_output import print_json
from burner.cli.terminal.language import language

if TYPE_CHECKING:
    from datetime import tzinfo

HTTP_PORT = 8470


@click.command()
@options.manifest_option
@click.option("--serve", is_flag=True, help="Serve it as a page, live, until Ctrl-C.")
@host_option
@http_port_option(default=HTTP_PORT)
@options.zone_option
@options.json_option
@options.lang_option
@click.pass_context
def board(
    context: click.Context,
    *,
    manifest: str,
    serve: bool,
    host: str,
    http_port: int,
    zone: "tzinfo | None",
    as_json: bool,
) -> None:
    """Show all stations, as text or as a live page for a big screen.

    Reads the manifest and changes nothing. Without --serve it prints once how things stand. With
    --serve a browser on a big screen or a phone follows it. Only this computer can open the page,
    unless --host is another address: then everybody who reaches that address can read it. --zone
    says when the day begins.
    """
    _check_arguments(context, serve=serve, as_json=as_json)
    from burner.wall.feed import ManifestFeed

    feed = ManifestFeed(manifest, zone)
    if serve:
        from burner.cli.wall.serve import serve_wall

        serve_wall(feed, host, http_port)
        return
    state = feed.poll()
    feed.close()
    if feed.error:
        raise feed.error
    if as_json:
        print_json(state.plain())
    else:
        from burner.cli.wall.text import show_wall

        show_wall(state, language())


def _check_arguments(context: click.Context, *, serve: bool, as_json: bool) -> None:
    if serve and as_json:
        raise click.UsageError("--json prints once; --serve serves a page, and its JSON at /state")
    for name, option in (("host", "--host"), ("http_port", "--http-port")):
        given = context.get_parameter_source(name) is not ParameterSource.DEFAULT
        if given and not serve:
            raise click.UsageError(f"{option} goes with --serve")
