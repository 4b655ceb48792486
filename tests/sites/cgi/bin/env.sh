#!/bin/sh
# Tells what it was told.
printf 'Content-Type: text/plain\n\n'
pwd
env | LC_ALL=C sort
cat
