#!/bin/sh
set -e
exec celery -A shop.tasks worker -l INFO -c 1
