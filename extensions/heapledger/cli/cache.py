"""``heapledger cache``: how large it is, and emptying it."""

from __future__ import annotations

import click

from heapledger.engine.cache import Cache, CacheInfo


@click.group()
def cache() -> None:
    """Show or empty the cache of results."""


@cache.command()
@click.option("--cache", "setting", default="", help="Folder of the cache.")
def info(setting: str) -> None:
    """Print the folder, the number of files and their size."""
    _print(Cache.from_setting(setting).info(), "")


@cache.command()
@click.option("--cache", "setting", default="", help="Folder of the cache.")
def clear(setting: str) -> None:
    """Remove every result; the next build measures anew."""
    _print(Cache.from_setting(setting).clear(), "removed ")


def _print(what: CacheInfo, prefix: str) -> None:
    if what.folder is None:
        click.echo("there is no cache: heapledger_cache is 'off'")
    else:
        click.echo(f"{what.folder}: {prefix}{what.entries} files, {what.size / 1e6:.1f} MB")
