/** Stands for packages that no panel needs, see build.ts. */

export default function leftOut(): null {
  return null;
}

export const loader = {};
export const Editor = leftOut;
export const DiffEditor = leftOut;
export const useMonaco = leftOut;
