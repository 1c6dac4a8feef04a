let yes = true;
let no = false;
let letter = 'x';
let quote = '\'';
let heart = '♥';
let newline = '\n';
let unit = ();
//@ memory
fact!(yes, value = yes); fact!(no, value = no); fact!(letter, value = letter); fact!(quote, value = quote);
fact!(heart, value = heart); fact!(newline, value = newline); fact!(unit, value = unit);
