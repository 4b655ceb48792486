#!/usr/bin/perl
# A form as CGI.pm makes it.
use strict;
use warnings;
use CGI;

my $form = CGI->new;
my $name = $form->param('name');
if (defined $name) {
    my $cookie = $form->cookie(-name => 'name', -value => $name);
    print $form->header(-type => 'text/html', -charset => 'utf-8', -cookie => $cookie);
    print $form->start_html('Hello'), $form->p('Hello, ' . $form->escapeHTML($name)), $form->end_html;
} else {
    print $form->header(-charset => 'utf-8'), $form->start_html('Form');
    print $form->start_form(-action => $form->url(-absolute => 1)), $form->textfield('name');
    print $form->submit, $form->end_form, $form->end_html;
}
