"""A picture that is clicked, and steered by the arrow keys once it has the focus.

Ready-made widgets have no such thing. A transparent sheet lies over the picture, for good, so
that the picture changes and the focus stays. What happens there is counted, and the counts go to
Python through an invisible text field: where the hand is faster than the kernel, moves add up.
"""

from collections.abc import Callable

import ipywidgets

_CSS_CLASS = "mmpc-touch"
_KEYS = "{ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}"
_COUNTS = "['right', 'down', 'clicks', 'x', 'y'].map(name => +(this.dataset[name] || 0))"
_TELL = (
    f"const field = this.closest('.{_CSS_CLASS}').querySelector('input');"
    f"field.value = {_COUNTS}.join(' ');"
    "field.dispatchEvent(new Event('input', {bubbles: true}));"
)
_ON_KEY = (
    f"const step = {_KEYS}[event.key]; if (!step) return; event.preventDefault();"
    "this.dataset.right = +(this.dataset.right || 0) + step[0];"
    f"this.dataset.down = +(this.dataset.down || 0) + step[1]; {_TELL}"
)
_ON_CLICK = (
    "this.focus(); this.dataset.clicks = +(this.dataset.clicks || 0) + 1;"
    "this.dataset.x = Math.round(event.offsetX); this.dataset.y = Math.round(event.offsetY);"
    f"{_TELL}"
)


class TouchPicture(ipywidgets.GridBox):
    """A picture of fixed size.

    Parameters
    ----------
    width, height : int
        In pixels of the screen.
    name : str
        What a screen reader calls it.
    move : callable
        Called with steps to the right and down, as the arrow keys say.
    click : callable
        Called with x and y in pixels.
    """

    def __init__(
        self,
        width: int,
        height: int,
        name: str,
        move: Callable[[int, int], None],
        click: Callable[[int, int], None],
    ):
        # One cell of the grid holds both, the sheet on top.
        layout = {
            "width": f"{width}px",
            "height": f"{height}px",
            "margin": "0",
            "grid_area": "1 / 1 / 2 / 2",
        }
        self.picture = ipywidgets.Image(format="png", layout=layout)
        # JupyterLab takes arrow keys for its own but where it is told not to.
        sheet = ipywidgets.HTML(
            f"<div tabindex='0' role='application' aria-label='{name}' class='{_CSS_CLASS}-sheet' "
            f'data-lm-suppress-shortcuts=\'true\' onkeydown="{_ON_KEY}" onclick="{_ON_CLICK}" '
            f"style='width:{width}px;height:{height}px;cursor:crosshair'></div>",
            layout=layout,
        )
        self.counts = ipywidgets.Text("0 0 0 0 0", layout={"display": "none"})
        super().__init__(
            [self.picture, sheet, self.counts],
            layout={
                "width": f"{width}px",
                "grid_template_columns": f"{width}px",
                "margin": "4px",
                "flex": "0 0 auto",
            },
        )
        self.add_class(_CSS_CLASS)
        self._known = (0, 0, 0)
        self._move, self._click = move, click
        self.counts.observe(self._tell, names="value")

    def _tell(self, change: dict) -> None:
        right, down, clicks, x, y = (int(number) for number in change["new"].split())
        before, self._known = self._known, (right, down, clicks)
        if clicks != before[2]:
            self._click(x, y)
        if (right, down) != before[:2]:
            self._move(right - before[0], down - before[1])
