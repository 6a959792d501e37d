from shop import tasks
from shop.tasks import ship
from shop.tasks import ship as deliver


# bad: too many
def one(pk):
    ship.delay(pk, "post", 1)


# bad: too few
def two():
    ship.delay()


# bad: an unknown keyword
def three(pk):
    ship.delay(pk, speed="fast")


# bad: too many, under another name
def four(pk):
    deliver.delay(pk, "post", 1)


# bad: too many, through the module
def five(pk):
    tasks.ship.delay(pk, "post", 1)


# good: both
def six(pk):
    ship.delay(pk, "post")


# good: a partial signature, of which a chain gives the rest
def seven(pk):
    return tasks.sweep.si() | ship.s()


# good: a tuple of arguments that is built before
def eight(pk):
    arguments = (pk,)
    ship.apply_async(arguments)
