#!/bin/sh
exec celery -A shop worker -l INFO
