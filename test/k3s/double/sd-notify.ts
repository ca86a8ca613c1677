// Tells systemd, or whoever holds $NOTIFY_SOCKET, that the service is ready. Node has no datagram sockets of that kind: perl, which
// every Debian has, sends the one message. Where the unit says NotifyAccess=main, as k3s' does, systemd itself would not hear it.
import { execFile } from 'node:child_process';

const script =
  'my $p = $ENV{NOTIFY_SOCKET}; $p =~ s/^@/\\0/; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; ' +
  'send($s, "READY=1\\n", 0, pack_sockaddr_un($p)) or die';

export function notifyReady(): void {
  if (!process.env.NOTIFY_SOCKET) return;
  execFile('perl', ['-MSocket', '-e', script], () => {});
}
