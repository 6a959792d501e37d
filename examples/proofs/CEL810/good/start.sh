#!/bin/sh
exec celery -A shop beat -l info
