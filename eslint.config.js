import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * What each folder may import from, beside itself: imports point one way. Packages, and what may be imported
 * as types only, are narrowed further below.
 */
const mayImport = {
  cluster: [],
  home: ['cluster'],
  release: ['cluster', 'boot', 'home'],
  boot: ['cluster', 'home'],
  cloud: ['cluster'],
  workflows: ['cluster', 'activities'],
  ssh: ['cloud', 'cluster', 'home'],
  activities: ['cloud', 'boot', 'cluster', 'release', 'home', 'ssh'],
  client: [
    'workflows',
    'activities',
    'cluster',
    'cloud',
    'home',
    'release',
    'ssh',
    'local',
    'worker.ts',
  ],
  local: ['cluster', 'home', 'workflows'],
};
const places = [
  ...Object.keys(mayImport),
  'local/cloud',
  'test',
  'bench',
  'client.ts',
  'worker.ts',
];

const directions = [
  ...Object.entries(mayImport).map(([folder, allowed]) => ({
    target: `./${folder}`,
    from: places
      .filter((place) => place !== folder && !allowed.includes(place))
      .filter((place) => !place.startsWith(`${folder}/`))
      .map((place) => `./${place}`),
    message: `${folder}/ may import from ${[...allowed, 'itself'].join(', ')} only.`,
  })),
  {
    target: './local/!(cloud)',
    from: './local/cloud',
    message: 'The local cloud is reached through HTTP.',
  },
  {
    target: './local/cloud',
    from: places.filter((place) => !place.startsWith('local')).map((place) => `./${place}`),
    message: 'The local cloud is a package of its own.',
  },
  {
    target: './local/cloud',
    from: './local',
    except: ['./cloud'],
    message: 'The local cloud is a package of its own.',
  },
  {
    target: './worker.ts',
    from: ['./client', './client.ts', './local', './test'],
    message: 'The worker serves any client and knows no local services.',
  },
];

/** Only the packages that pass the pattern. */
function onlyPackages(pattern, message) {
  return {
    patterns: [{ regex: `^(?!\\.)(?!${pattern}$)`, message }],
  };
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: './tsconfig.test.json' }),
      ],
      'import-x/extensions': ['.ts', '.js'],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      // With unchecked indexed access, `match[1]!` says what the pattern guarantees.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // An empty environment variable is an unset one.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: true }],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { zones: directions }],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\.)(?!@temporalio/(workflow|common)$)',
              message:
                'Workflows run in a sandbox: @temporalio/workflow and @temporalio/common only.',
            },
            {
              regex: '(^|/)activities/',
              allowTypeImports: true,
              message: 'Workflows know activities by their types only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['cluster/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        onlyPackages('(zod|leven)', 'The domain is pure.'),
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'local/cloud/test/**/*.ts'],
    rules: {
      // node:test's describe and it return promises that the runner awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['it', 'describe', 'test', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
);
