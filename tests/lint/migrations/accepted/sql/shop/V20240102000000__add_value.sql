-- steward: irreversible
alter type state add value 'late';
