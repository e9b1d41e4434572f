"""The explorer as an app of its own, served by Voila: ``python -m lab explore IMAGE``.

preparation.py  from files and names as a person types them to all that an `Explorer` takes; errors are met here
page.py         a notebook of one cell and what that cell reads, for Voila to run
server.py       Voila over that page: this machine only, behind a token, nothing left behind
page/           the template: Voila's without its requests to the outside, light or dark as the reader has it
"""

from lab.widgets.explorer.app.preparation import prepare
from lab.widgets.explorer.app.server import serve, usable_port

__all__ = ["prepare", "serve", "usable_port"]
