"""The scene editor of notebook 14: put objects where you like, and see what the model makes of them, and why."""

from lab.widgets.editor.shell import SceneEditor

__all__ = ["SceneEditor"]
