#!/bin/sh
exec celery worker -A shop -l INFO
