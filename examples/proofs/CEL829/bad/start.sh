#!/bin/sh
set -e
celery -A shop.tasks worker -l INFO -c 1
