import sys

from shop.tasks import import_file


def upload(path):
    with open(path) as source:
        import_file.delay(source.read())


upload(sys.argv[1])
