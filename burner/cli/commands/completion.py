"""`burner completion`: the scripts by which a shell completes commands, options and batches."""

import click

from burner.cli.terminal import screen

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete commands.

    \b
      bash        ~/.local/share/bash-completion/completions/burner
      zsh         the file _burner in a folder of $fpath
      fish        ~/.config/fish/completions/burner.fish
      powershell  at the end of the file that $PROFILE names

    Write it into the file above, which the shell reads, and start a new shell:

    \b
      mkdir -p ~/.config/fish/completions
      burner completion fish > ~/.config/fish/completions/burner.fish

    bash reads its file if the package bash-completion is installed. This line in ~/.bashrc works
    without package and file:

    \b
      eval "$(burner completion bash)"
    """
    from burner.cli.shell_completion import script

    root = click.get_current_context().find_root().command
    screen.say(script(root, shell).strip())
