#!/bin/sh
exec celerybeat -A shop -l info
