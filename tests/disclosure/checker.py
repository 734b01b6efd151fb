"""What anybody can work out from a cut table: an independent check, by linear programming.

It shares nothing with the code it checks. The hidden numbers are unknowns, each line of the
table is an equation, and the least and the most that each unknown can be say what is known of it.
The equations are those of a network, so the least and the most are whole numbers of people.
"""

import numpy as np
from scipy.optimize import linprog


def offices_and_categories(cells):
    return sorted({office for office, _ in cells}), sorted({category for _, category in cells})


def whole(cells):
    """The cells with zeros where they are missing, and with the service's own counts."""
    offices, categories = offices_and_categories(cells)
    table = {(office, c): cells.get((office, c), 0) for office in offices for c in categories}
    margin = {(None, c): sum(table[office, c] for office in offices) for c in categories}
    return table | margin


def line_faults(cells, hidden):
    """Lines whose hidden cells are fewer than two or sum to fewer than five, and small cells
    that are shown.
    """
    table = whole(cells)
    offices, categories = offices_and_categories(cells)
    wrong = [f"{cell} is shown" for cell, n in table.items() if 0 < n < 5 and cell not in hidden]
    for office in [*offices, None]:
        line = [table[office, c] for c in categories if (office, c) in hidden]
        if line and (len(line) < 2 or sum(line) < 5):
            wrong.append(f"{office} has {line} hidden")
    for category in categories:
        line = [table[office, category] for office in offices if (office, category) in hidden]
        if (None, category) not in hidden and line and (len(line) < 2 or sum(line) < 5):
            wrong.append(f"{category} has {line} hidden")
        if (None, category) in hidden and not line:
            wrong.append(f"{category} is the sum of what is shown")
    return wrong


def least(cells, hidden, zeros_are_shown=False):
    """The least each hidden cell can be before looking at any sum.

    Zero for somebody who knows the table only. Somebody who also knows that zeros are shown, but
    for a few, knows of one person in each cell of a line that shows all its zeros.
    """
    table = whole(cells)
    offices, categories = offices_and_categories(cells)
    if not zeros_are_shown:
        return dict.fromkeys(hidden, 0)
    active = [c for c in categories if table[None, c]]

    def doubtful(office, category):
        row = [(office, c) for c in categories]
        column = [(o, category) for o in offices]
        few = sum(table[cell] for cell in row) <= len(active if office else categories)
        if few and all(cell in hidden for cell in row if table[None, cell[1]]):
            return True
        return any(cell in hidden and not table[cell] for cell in row + column)

    return {cell: 0 if doubtful(*cell) else 1 for cell in hidden}


def determined(cells, hidden, zeros_are_shown=False):
    """The hidden cells that can have one value only, given all that is shown."""
    unknown = sorted(hidden, key=str)
    if not unknown:
        return []
    table = whole(cells)
    truth = np.array([table[cell] for cell in unknown])
    floors = least(cells, hidden, zeros_are_shown)
    matrix = equations(cells, unknown)
    bounds = [(floors[cell], None) for cell in unknown]
    fixed = set(range(len(unknown)))
    for at in range(len(unknown)):
        for sign in (1, -1):
            if at not in fixed:
                continue
            aim = np.zeros(len(unknown))
            aim[at] = sign
            answer = linprog(aim, A_eq=matrix, b_eq=matrix @ truth, bounds=bounds)
            assert answer.status in (0, 3), answer.message
            if answer.status == 3:
                fixed.discard(at)
                continue
            # Whatever is possible for one cell may show others to be free as well.
            fixed -= {k for k in fixed if abs(answer.x[k] - truth[k]) > 0.5}
    return [unknown[at] for at in sorted(fixed)]


def equations(cells, unknown):
    """One row per line of the table: which hidden numbers sum to something that is shown."""
    offices, categories = offices_and_categories(cells)
    rows = [[cell[0] == office for cell in unknown] for office in [*offices, None]]
    for category in categories:
        rows.append([(cell[1] == category) * (1 if cell[0] else -1) for cell in unknown])
    return np.array(rows, dtype=float)
