// The program `k3s` of the double: which command, and nothing else. Each command is loaded when it is asked for.
import { controlBeside } from './control.ts';
import { fatal, info, textOf } from './log.ts';
import { defaultDataDir } from './paths.ts';

async function main([command = '', ...argv]: readonly string[]): Promise<void> {
  // What ps(1) and /proc call the real one; a script would go by the name of its interpreter.
  process.title = `k3s-${command}`;
  switch (command) {
    case 'server': {
      const { readSettings } = await import('./settings.ts');
      const { runServer } = await import('./server.ts');
      return await runServer(readSettings('server', argv));
    }
    case 'agent': {
      const { runAgent } = await import('./agent-command.ts');
      return await runAgent(argv);
    }
    case 'kubectl':
    case 'token':
    case 'etcd-snapshot':
    case 'certificate': {
      controlBeside(process.env.K3S_DATA_DIR || defaultDataDir);
      const commands = {
        kubectl: () => import('./kubectl/kubectl.ts'),
        token: () => import('./token-command.ts'),
        'etcd-snapshot': () => import('./snapshot-command.ts'),
        certificate: () => import('./certificate-command.ts'),
      };
      const { run } = await commands[command]();
      process.exitCode = await run(argv);
      return;
    }
    case '--version':
    case '-v': {
      const { versionText } = await import('./version.ts');
      process.stdout.write(versionText());
      return;
    }
    case 'help':
    case '--help':
    case '':
      process.stdout.write(
        'NAME:\n   k3s - Kubernetes, but small and simple\n\nUSAGE:\n   k3s [global options] command\n',
      );
      return;
    default:
      info(`no such command: ${command}`);
      fatal(`Error: No help topic for '${command}'`);
  }
}

main(process.argv.slice(2)).catch((thrown: unknown) => fatal(`Error: ${textOf(thrown)}`));
