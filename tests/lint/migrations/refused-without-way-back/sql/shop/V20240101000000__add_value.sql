alter type state add value 'late';
