"""Tables of numbers that lessons print."""

from collections.abc import Mapping


def show_table(corner: str, rows: Mapping[str, Mapping[str, object]]) -> None:
    """Print one line for each row, and above them the names of its columns.

    Parameters
    ----------
    corner : str
        What stands above the names of the rows.
    rows : mapping of str to mapping
        By the row's name: names of columns and values. Floats have two decimals; for another
        look give text.
    """
    texts = {
        name: {column: _text(value) for column, value in row.items()} for name, row in rows.items()
    }
    first = max(len(name) for name in (corner, *texts))
    columns = next(iter(texts.values()))
    widths = {
        column: max(len(column), *(len(row[column]) for row in texts.values()))
        for column in columns
    }
    for name, row in {corner: {column: column for column in columns}, **texts}.items():
        cells = (f"{row[column]:>{width}}" for column, width in widths.items())
        print("   ".join([f"{name:{first}}", *cells]))


def _text(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
