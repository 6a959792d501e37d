from lab import gate, journal


def reserve(order):
    """Take what is ordered from the stock, which takes its time."""
    journal("reserving")
    gate("reserved")
