import sys

from shop.tasks import import_file


def upload(path):
    import_file.delay(path)


upload(sys.argv[1])
