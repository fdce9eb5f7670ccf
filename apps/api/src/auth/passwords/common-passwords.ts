/** Passwords of at least 12 characters that top the lists of leaked ones, in lower case without what people append (digits and signs at the end). */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `123456789012 1234567890123 12345678901234 1234567890 0987654321 1q2w3e4r5t6y 1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 qwertyuiop qwertyuiopasdf qwertyuiop[]
  qwerty123456 qwertyqwerty qazwsxedcrfv asdfghjkl asdfghjklqwerty asdfghjkl;' zxcvbnmasdfghjkl zxcvbnm password passwordpassword passw0rdpassw0rd p@ssw0rd p@ssword passw0rd
  mypassword mypasswordis thisismypassword yourpassword newpassword changemechangeme changeme changethis changethispassword letmeinletmein letmein welcomewelcome welcome welcomehome
  iloveyou iloveyouiloveyou iloveyouforever iloveyousomuch administrator administration adminadminadmin adminadmin rootrootroot superadministrator supersecret supersecretpassword
  correcthorsebatterystaple correct-horse-battery-staple correct horse battery staple trustno1trustno1 abcdefghijkl abcdefghijklm abcdefghijklmnop abcdefghijklmnopqrstuvwxyz abcd1234abcd1234 abc123abc123
  football footballfootball baseballbaseball basketball princessprincess sunshinesunshine dragondragon monkeymonkey shadowshadow mastermaster michaelmichael charliecharlie superman supermansuperman
  batmanbatman starwarsstarwars pokemonpokemon harrypotter manchesterunited liverpoolfc chelseafootball barcelona realmadrid testtesttest testtesttesttest testpassword temporarypassword
  defaultpassword secretpassword computercomputer internetinternet googlegoogle facebookfacebook unbelievable whatever whateverwhatever jesuschrist godisgood ilovegod ilovejesus
  letmeinplease opensesame nopassword forgotpassword enterpassword yourmother fuckyoufuckyou fuckoff`
    .split(/\s+/)
    .filter(Boolean),
);
