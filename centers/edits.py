"""How many slips of the pen lie between two words, and what one slip makes of a word."""

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def slips(one, other, *, most):
    """How many letters were left out, added, mistaken or swapped with the next; `most` + 1 if more.

    The restricted Damerau-Levenshtein distance, given up as soon as it is beyond `most`.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before, row = [], list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, counterpart in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != counterpart))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == counterpart:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def allowed(word):
    """How many slips are forgiven: none in short words, where they would make other words."""
    return 0 if len(word) < 4 else 1 if len(word) < 6 else 2


def one_slip(word):
    """The words that one slip makes of the word."""
    parts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    made = {start + end[1:] for start, end in parts if end}
    made |= {start + end[1] + end[0] + end[2:] for start, end in parts if len(end) > 1}
    made |= {start + letter + end[1:] for start, end in parts if end for letter in LETTERS}
    made |= {start + letter + end for start, end in parts for letter in LETTERS}
    return made - {word}
