/** Where the page begins. */
import { render } from 'preact';
import { App } from './app.tsx';
import { connect } from './connection.ts';
import './style.css';
import './live/live.css';
import './login/login.css';
import './events/events.css';
import './zones/zones.css';
import './settings/settings.css';
import './device/device.css';
import './tune/tune.css';
import './models/models.css';
import './cameras/cameras.css';

render(<App />, document.getElementById('page')!);
void connect();
