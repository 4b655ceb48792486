#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
head -c 50000 /dev/zero
