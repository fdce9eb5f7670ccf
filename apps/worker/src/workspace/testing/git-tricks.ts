/**
 * What a hostile agent may plant in its tree so that a git outside runs code. `FIRE` stands for a command that leaves a mark named
 * after the trick; each script runs at the tree's root.
 */
export const GIT_TRICKS: Readonly<Record<string, string>> = {
  ...hooks(['pre-commit', 'commit-msg', 'post-commit', 'post-index-change', 'reference-transaction', 'post-checkout', 'pre-push']),
  hooksPath: 'mkdir -p h && printf "#!/bin/sh\\nFIRE\\n" > h/post-index-change && chmod +x h/post-index-change && git config core.hooksPath "$PWD/h"',
  fsmonitor: config('core.fsmonitor'),
  'fsmonitor in info/attributes and include': 'printf "[core]\\n\\tfsmonitor = \\"FIRE; true\\"\\n" > inc && git config include.path ../inc',
  'fsmonitor behind includeIf': 'printf "[core]\\n\\tfsmonitor = \\"FIRE; true\\"\\n" > .git/inc && git config "includeIf.gitdir:**.path" inc',
  'fsmonitor in config.worktree': 'git config extensions.worktreeConfig true && printf "[core]\\n\\tfsmonitor = \\"FIRE; true\\"\\n" > .git/config.worktree',
  'filter clean': attribute('filter=evil', 'filter.evil.clean'),
  'filter smudge': attribute('filter=evil', 'filter.evil.smudge'),
  'filter process': attribute('filter=evil', 'filter.evil.process'),
  'filter named lfs': `${attribute('filter=lfs diff=lfs merge=lfs', 'filter.lfs.clean')} && printf '[lfs]\\n\\turl = http://127.0.0.1:1/\\n' > .lfsconfig`,
  'filter in info/attributes': 'mkdir -p .git/info && echo "* filter=evil" > .git/info/attributes && git config filter.evil.clean "FIRE; cat" && echo changed >> a.txt',
  textconv: attribute('diff=evil', 'diff.evil.textconv'),
  'diff driver': attribute('diff=evil', 'diff.evil.command'),
  'diff.external': `${config('diff.external')} && echo changed >> a.txt`,
  'merge driver': attribute('merge=evil', 'merge.evil.driver'),
  pager: config('core.pager'),
  editor: config('core.editor'),
  'ssh command': config('core.sshCommand'),
  'git proxy': config('core.gitProxy'),
  askpass: config('core.askPass'),
  'credential helper': 'git config credential.helper "!FIRE"',
  alias: 'for a in status diff add log push fetch; do git config alias.$a "!FIRE"; done',
  'gpg program': 'git config commit.gpgSign true && git config log.showSignature true && printf "#!/bin/sh\\nFIRE\\n" > gpg && chmod +x gpg && git config gpg.program "$PWD/gpg"',
  'alternate refs command': config('core.alternateRefsCommand'),
  'pack objects hook': config('uploadpack.packObjectsHook'),
  'remote programs': 'git config remote.origin.url . && git config remote.origin.uploadpack "FIRE;" && git config remote.origin.receivepack "FIRE;"',
  'address rewritten to ext': 'git config url."ext::sh -c \\"FIRE\\"#".insteadOf "" ; git config url."ext::sh -c FIRE #".pushInsteadOf "http" ; git config protocol.ext.allow always',
  'nested repository': nested('sub'),
  'nested repository in an ignored folder': `echo ignored >> .gitignore; ${nested('ignored')}`,
  'nested repository deep down': nested('x/y/z'),
  'gitlink with a planted repository': `${nested('link')} && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),link && git -c core.hooksPath=/dev/null commit -qm link`,
  'nested .GIT': `${nested('upper')} && mv upper/.git upper/.GIT`,
  'nested .Git beside .git': `${nested('both')} && cp -r both/.git both/.Git`,
  '.GIT at the root': `cp -r .git .GIT && printf '[core]\\n\\tfsmonitor = "FIRE; true"\\n' >> .GIT/config`,
  'symlinked .git': `${nested('store')} && mv store/.git store-git && mkdir -p s && ln -s ../store-git s/.git && echo s > s/f`,
  'root .git a link': `git config core.fsmonitor "FIRE; true" && mv .git real-git && ln -s real-git .git`,
  'gitfile': `${nested('other')} && mv other/.git other-git && echo "gitdir: ../other-git" > other/.git`,
  'root gitfile': `git config core.fsmonitor "FIRE; true" && mv .git moved-git && echo "gitdir: $PWD/moved-git" > .git`,
  'bare repository among the files': `git init -q --bare bare && printf '[core]\\n\\tfsmonitor = "FIRE; true"\\n\\tworktree = /\\n' >> bare/config`,
  'core.worktree elsewhere': 'git config core.worktree /',
  'submodule with a command': `printf '[submodule "s"]\\n\\tpath = sub\\n\\turl = ./x\\n\\tupdate = !FIRE\\n' > .gitmodules && git config submodule.recurse true && git config submodule.s.update "!FIRE" && git config submodule.s.active true`,
  'submodule path with a return (CVE-2025-48384)': `printf '[submodule "s"]\\n\\tpath = "sub\\r"\\n\\turl = ./x\\n' > .gitmodules`,
  'submodule address as an option': `printf '[submodule "s"]\\n\\tpath = s\\n\\turl = --upload-pack=FIRE\\n' > .gitmodules`,
  'names like options': `printf x > './--upload-pack=FIRE'; printf x > './-c'; printf x > './--output=x'; mkdir -p './--exec=FIRE' && echo x > './--exec=FIRE/x'`,
  'names with shell words': `printf x > '$(FIRE_NAME)'; printf x > '; FIRE_NAME'; printf x > '\`FIRE_NAME\`'; printf x > "$(printf 'new\\nline')"`,
  'replaced objects': 'git replace $(git rev-parse HEAD:a.txt) $(echo evil | git hash-object -w --stdin)',
  'objects from elsewhere': 'mkdir -p .git/objects/info && echo /root/objects >> .git/objects/info/alternates',
  'replaced commits': 'evil=$(git commit-tree -m evil $(git write-tree)); git replace -f $(git rev-parse HEAD) $evil',
  'grafted history': 'mkdir -p .git/info && echo "$(git rev-parse HEAD)" > .git/info/grafts && echo "$(git rev-parse HEAD)" > .git/shallow',
  'packed refs to elsewhere': 'printf "# pack-refs with: peeled fully-peeled sorted\\n%040d refs/heads/main\\n../../../etc/passwd\\n" 0 > .git/packed-refs; printf "ref: ../../../../etc/passwd" > .git/HEAD',
  'a worktree of another repository': `git init -q /tmp/other && git -C /tmp/other config core.fsmonitor "FIRE; true" && echo /tmp/other/.git > .git/commondir && mkdir -p .git/worktrees/x && echo "$PWD" > .git/worktrees/x/gitdir`,
  'trace to a file': 'git config trace2.eventTarget /tmp/trace; git config trace2.normalTarget "$PWD/trace"; git config core.logAllRefUpdates always',
  'sparse and lazy': 'git config core.sparseCheckout true; git config extensions.partialClone origin; git config remote.origin.promisor true; git config remote.origin.url "ext::sh -c FIRE"; git config protocol.ext.allow always; rm -rf .git/objects/??',
  'hook of garbage collection': `${config('gc.recentObjectsHook')}; git config gc.auto 1; git config maintenance.auto true; git config maintenance.strategy incremental`,
  'merge tools': 'git config merge.tool evil; git config mergetool.evil.cmd "FIRE"; git config diff.tool evil; git config difftool.evil.cmd "FIRE"; git config interactive.diffFilter "FIRE; cat"; git config sequence.editor "FIRE"',
  'trailers': 'git config trailer.evil.key Evil; git config trailer.evil.command "FIRE"; git config trailer.evil.cmd "FIRE"; git config sendemail.sendmailCmd "FIRE"',
  'another encoding': 'printf "* text working-tree-encoding=UTF-16LE eol=crlf ident export-subst\\n" > .gitattributes; echo \'$Id$ $Format:%H$\' >> a.txt; git config core.autocrlf true',
  'attributes by a link': `ln -s /etc/passwd .gitattributes; ln -s ../../../etc/shadow .gitignore; ln -s /etc .mailmap; git config core.attributesFile "$PWD/evil-attributes"; echo "* filter=evil" > evil-attributes; git config filter.evil.clean "FIRE; cat"`,
  'names in two cases': 'mkdir -p Case case && echo 1 > Case/File && echo 2 > case/file && echo 3 > CASE && ln -s case Link && mkdir -p link && echo 4 > link/x',
  'a chain of links': 'ln -s . l0; for i in 1 2 3 4 5 6 7 8 9; do ln -s l$((i-1))/l$((i-1)) l$i; done; ln -s loop-b loop-a; ln -s loop-a loop-b; ln -s /proc/self/root/etc/passwd out; mkdir -p d && ln -s ../../../../../../etc d/up',
  'a deep folder': `perl -e 'for (1..60) { mkdir "deeper"; chdir "deeper" } open F, ">", "f"; print F "x"'`,
  'many small files': `perl -e 'for my $d (1..40) { mkdir "many$d"; for (1..100) { open F, ">", "many$d/$_"; print F "x" } }'`,
  'names that are not seen': `printf x > "$(printf 'esc\\033[31m\\033]0;t\\007')"; printf x > "$(printf 'bidi\\342\\200\\256txt')"; printf x > "$(printf 'tab\\there\\nand a line')"; printf x > "$(printf 'bad\\377utf')"; printf x > "$(printf '%0255d' 1)"`,
  'a module in a module': `printf '[submodule "../../x"]\\n\\tpath = mod\\n\\turl = ./mod\\n\\tupdate = !FIRE\\n' > .gitmodules && mkdir -p .git/modules/x/hooks mod && printf '#!/bin/sh\\nFIRE\\n' > .git/modules/x/hooks/post-checkout && chmod +x .git/modules/x/hooks/post-checkout && echo "gitdir: ../.git/modules/x" > mod/.git`,
  'large file storage': `printf '*.bin filter=lfs diff=lfs merge=lfs -text\\n' > .gitattributes; printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%064d\\nsize 99999999999\\n' 1 > big.bin; printf '[lfs]\\n\\turl = http://127.0.0.1:1/\\n\\tconcurrenttransfers = 1\\n[lfs "customtransfer.evil"]\\n\\tpath = /bin/sh\\n\\targs = -c FIRE\\n' > .lfsconfig; git config filter.lfs.process "FIRE; cat"; git config filter.lfs.required true`,
  'broken index': 'head -c 1000 /dev/urandom > .git/index; echo 1 > .git/index.lock',
  'a fifo as index': 'rm -f .git/index && mkfifo .git/index .git/config.lock fifo',
};

/** Files whose content has a meaning for git and may well be refused instead of saved. */
export const MAY_BE_REFUSED: readonly string[] = ['submodule with a command', 'submodule path with a return (CVE-2025-48384)', 'submodule address as an option', 'a module in a module', 'attributes by a link', 'another encoding'];

function hooks(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`hook ${name}`, `mkdir -p .git/hooks && printf '#!/bin/sh\\nFIRE\\n' > .git/hooks/${name} && chmod +x .git/hooks/${name}`]));
}

function config(key: string): string {
  return `git config ${key} "FIRE; true"`;
}

function attribute(attributes: string, key: string): string {
  return `echo "* ${attributes}" > .gitattributes && echo changed >> a.txt && git config ${key} "FIRE; cat"`;
}

/** A repository of its own with a commit, a monitor and a filter. */
function nested(path: string): string {
  return `mkdir -p ${path} && (cd ${path} && git init -q && echo inner > inner.txt && git add -A && git -c user.name=a -c user.email=a@a commit -qm x && echo "* filter=evil" > .gitattributes && git config filter.evil.clean "FIRE; cat" && git config core.fsmonitor "FIRE; true" && echo more >> inner.txt)`;
}
