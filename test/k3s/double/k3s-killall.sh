#!/bin/sh
# What k3s ships to really stop: ends what k3s left on this host. Knows its own by their program and data folder, and only
# those in its own PID namespace.
for proc in /proc/[0-9]*; do
  pid=${proc#/proc/}
  [ "$pid" = "$$" ] && continue
  # A process may end while it is looked at.
  { tr '\0' ' ' < "$proc/cmdline"; } 2>/dev/null | grep -qE '^k3s-(server|agent)|test/k3s/double/main.ts (server|agent)' || continue
  # In a host of a lab the others' processes are not seen at all; beside it, only those with our root are ours.
  theirs=$({ tr '\0' '\n' < "$proc/environ"; } 2>/dev/null | sed -n 's/^K3S_DOUBLE_ROOT=//p')
  [ "$theirs" = "${K3S_DOUBLE_ROOT:-}" ] && kill -9 "$pid" 2>/dev/null
done
if [ -z "${K3S_DOUBLE_ROOT:-}" ]; then
  ip link delete flannel.1 2>/dev/null
  rm -rf /run/k3s /run/flannel
fi
exit 0
