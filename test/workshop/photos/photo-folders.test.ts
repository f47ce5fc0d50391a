/** Photos in class folders as people lay them out: linked, nested, with all endings, named in any script. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import test from 'ava';
import { adviceFor, checkTrainable, readPhotoFolders } from '../../../src/workshop/photos/photo-folders.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

function lay(folder: string, files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), 'x');
  }
}

test('linked class folders, photos deeper down and every ending are found; hidden files and other files are not', async (t) => {
  const folder = temporaryFolder(t);
  const elsewhere = temporaryFolder(t);
  lay(elsewhere, ['one.JPG', 'deep/er/two.Bmp']);
  lay(folder, ['cat/a.jpeg', 'cat/2024/b.JFIF', 'cat/notes.txt', 'cat/.hidden/c.jpg', '.git/d.jpg']);
  symlinkSync(elsewhere, join(folder, 'dog'));
  symlinkSync('/nowhere', join(folder, 'broken'));
  const { classes, photos } = await readPhotoFolders(folder);
  t.deepEqual(classes, ['cat', 'dog']);
  t.deepEqual(
    photos.map(({ file, className }) => [relative(folder, file), className]),
    [
      ['cat/a.jpeg', 'cat'],
      ['cat/2024/b.JFIF', 'cat'],
      ['dog/one.JPG', 'dog'],
      ['dog/deep/er/two.Bmp', 'dog'],
    ],
  );
});

test('photos of kinds that can not be read are found, to be told; what a Mac or a NAS puts beside photos is not', async (t) => {
  const folder = temporaryFolder(t);
  lay(folder, ['cat/a.HEIC', 'cat/b.dng', 'cat/c.jpg', 'cat/@eaDir/c.jpg', '__MACOSX/cat/c.jpg', 'lost+found/d.jpg']);
  const { classes, photos } = await readPhotoFolders(folder);
  t.deepEqual(classes, ['cat']);
  t.deepEqual(
    photos.map(({ file }) => relative(folder, file)),
    ['cat/a.HEIC', 'cat/b.dng', 'cat/c.jpg'],
  );
  t.deepEqual(
    photos.map(({ file }) => adviceFor(file) !== ''),
    [true, true, false],
  );
});

test('a link that leads back up is not followed for ever', async (t) => {
  const folder = temporaryFolder(t);
  lay(folder, ['cat/a.jpg', 'cat/in/b.jpg']);
  symlinkSync(join(folder, 'cat'), join(folder, 'cat', 'in', 'again'));
  t.is((await readPhotoFolders(folder)).photos.length, 2);
});

test('classes in any script can be trained, also those that would share a topic', async (t) => {
  const folder = temporaryFolder(t);
  const fill = (name: string): string[] => Array.from({ length: 5 }, (_, at) => `${name}/${at}.jpg`);
  const names = ['кошка', 'собака', '猫', '🐱', 'Tür', 'tur', 'Tur', 'dog house', 'dog_house', '!!!', '???'];
  lay(folder, names.flatMap(fill));
  const { classes, photos } = await readPhotoFolders(folder);
  t.is(classes.length, names.length);
  t.notThrows(() => checkTrainable(folder, classes, photos));
});
